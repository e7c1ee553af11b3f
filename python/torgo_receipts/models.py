"""The tables of the ledger. torgo makes and changes them; Python only reads."""

from decimal import Decimal
from typing import Optional

from sqlalchemy import (BigInteger, ForeignKeyConstraint, Integer, Numeric, PrimaryKeyConstraint,
                        String, Text)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA_VERSION = 2


class Base(DeclarativeBase):
    """Of all tables of the ledger."""


class Schema(Base):
    """A step of the schema that was taken."""

    __tablename__ = "torgo_schema"
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class Receipt(Base):
    """One receipt: what a command did."""

    __tablename__ = "torgo_receipts"
    __table_args__ = (PrimaryKeyConstraint("author", "number"),)
    author: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(BigInteger)
    id: Mapped[str] = mapped_column(String(45), unique=True)
    hash: Mapped[str] = mapped_column(String(71))
    prev: Mapped[str] = mapped_column(String(71))
    command: Mapped[str] = mapped_column(Text)
    program: Mapped[str] = mapped_column(Text)
    repository: Mapped[Optional[str]] = mapped_column(String(32))
    host: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    began_at: Mapped[str] = mapped_column(String(30))
    ended_at: Mapped[str] = mapped_column(String(30))
    outcome: Mapped[str] = mapped_column(String(16))
    error: Mapped[str] = mapped_column(Text)
    undo: Mapped[Optional[str]] = mapped_column(String(45))
    left_out: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)

    items: Mapped[list["Item"]] = relationship(
        order_by="Item.direction, Item.position", viewonly=True)
    figures: Mapped[list["Figure"]] = relationship(viewonly=True)

    @property
    def inputs(self):
        return [item for item in self.items if item.direction == "input"]

    @property
    def outputs(self):
        return [item for item in self.items if item.direction == "output"]

    def figure(self, name) -> Optional[Decimal]:
        """A count by its name, or None."""
        return next((one.value for one in self.figures if one.name == name), None)


def _of_receipt():
    return ForeignKeyConstraint(["author", "number"],
                                ["torgo_receipts.author", "torgo_receipts.number"])


class Item(Base):
    """What went into the work or came out of it."""

    __tablename__ = "torgo_receipt_items"
    __table_args__ = (PrimaryKeyConstraint("author", "number", "direction", "position"),
                      _of_receipt())
    author: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(String(6))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    name_hex: Mapped[Optional[str]] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(71))


class Figure(Base):
    """A count of a receipt."""

    __tablename__ = "torgo_receipt_figures"
    __table_args__ = (PrimaryKeyConstraint("author", "number", "name"), _of_receipt())
    author: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(64))
    value: Mapped[Decimal] = mapped_column(Numeric(20, 0))
