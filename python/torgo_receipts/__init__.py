"""The ledger of TORGO's receipts, for programs in Python: SQLAlchemy models of its tables.

The ledger is an index. What it says can be looked up and counted; what is to be proved is proved
from the receipts themselves, with "torgo receipt verify". Its schema is in docs/spec/receipt.md 7.

    import torgo_receipts
    with torgo_receipts.open_ledger() as session:
        for receipt in torgo_receipts.newest_first(session, command="backup"):
            print(receipt.ended_at, receipt.outcome, receipt.figure("bytes_new"))
"""

from .models import SCHEMA_VERSION, Base, Figure, Item, Receipt, Schema
from .session import LedgerError, default_url, newest, newest_first, open_ledger

__all__ = [
    "SCHEMA_VERSION", "Base", "Figure", "Item", "LedgerError", "Receipt", "Schema", "default_url",
    "newest", "newest_first", "open_ledger",
]
