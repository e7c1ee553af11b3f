/* Who may take what away, and when it goes: rights, revocations, retention locks (peer-protocol.md 4),
   commits on k of n (repository.md), tombstones (repository.md 10). What is modelled and what not: README.md here.
   One part is verified at a time: -DPART_NODE, -DPART_SNAPSHOT, -DPART_DELETE or -DPART_PRUNE.

   The network has no channels: a request that somebody could have sent may arrive at any time, in any order, as often as
   the network likes, or never. This is every delay, loss, reordering, repetition and partition at once. */

/* How far a change has come on a node's disk: an answer is given for `durable` alone. */
#define absent 0
#define written 1 /* a power cut keeps it or not */
#define durable 2

inline settle(x) {
    if
    :: x == written -> x = absent
    :: x == written -> x = durable
    :: x != written
    fi
}

#ifdef PART_NODE
/* ---- One node for each process, and a healer who copies roots between them. Three keys speak to it: the owner's, W
   that has a capability to write, A that has one with all rights. Thieves hold W and A from the beginning. */
#ifndef NODES
#define NODES 2
#endif
#define write_right 1
#define admin_right 2

typedef Node {
    bit seg; bit capW; bit capA;
    byte revW; byte revA; byte lock;
    bit body; byte body_rights; /* A replaces the descriptor: its head was admitted, its body is on the way */
    bit removal;                /* BROKEN_LOCK_ORDER: a DELETE that was found permitted and not yet done */
    /* what was promised: an answer 201 that nobody has taken back */
    bit said_revW; bit said_revA; bit said_lock
}
Node node[NODES];

#define rights_of_W(n) ((node[n].revW != durable && node[n].capW) * write_right)
#define rights_of_A(n) ((node[n].revA != durable && node[n].capA) * (write_right | admin_right))
#define is_locked(n) (node[n].lock == durable)

#ifdef WRITE_MAY_DELETE
#define delete_right write_right
#else
#define delete_right admin_right
#endif

/* (b) what every removal and every replacement of the descriptor must respect */
inline takes_away(n) { assert(!node[n].said_lock) }
/* (c) what every deed of A or W must respect */
inline deed_of_A(n) { assert(!node[n].said_revA) }
inline deed_of_W(n) { assert(!node[n].said_revW) }

inline delete_by_A(n) {
#ifdef BROKEN_LOCK_ORDER
    node[n].removal = 1
#else
    deed_of_A(n); takes_away(n); node[n].seg = 0
#endif
}

/* Cells of state that say nothing any longer are set to 0, so that equal states are equal. */
proctype serve(byte n) {
    do
    /* the owner, the founder: segments, capabilities, revocations, the lock; deletes */
    :: atomic { !node[n].seg -> node[n].seg = 1 }
    :: atomic { !node[n].capW -> node[n].capW = 1 } /* also late, and again after the revocation */
    #ifdef REVOCATION_FORGOTTEN /* a capability that comes again revives its PeerId */
    :: atomic { node[n].capA = 1; node[n].revA = absent }
#else
    :: atomic { !node[n].capA -> node[n].capA = 1 }
#endif
    :: atomic { node[n].revW == absent -> node[n].revW = written }
    :: atomic { node[n].revA == absent -> node[n].revA = written }
    :: atomic { node[n].lock == absent -> node[n].lock = written }
    :: atomic { node[n].seg && !is_locked(n) -> takes_away(n); node[n].seg = 0 }
    /* the disk has it, and the answer goes out */
#ifdef ANSWER_BEFORE_SYNC
    :: atomic { node[n].revA >= written && !node[n].said_revA -> node[n].said_revA = 1 }
    :: atomic { node[n].lock >= written && !node[n].said_lock -> node[n].said_lock = 1 }
#endif
    :: atomic { node[n].revW == written -> node[n].revW = durable; node[n].said_revW = 1 }
    :: atomic { node[n].revA == written -> node[n].revA = durable; node[n].said_revA = 1 }
    :: atomic { node[n].lock == written -> node[n].lock = durable; node[n].said_lock = 1 }
    /* W: puts again what is gone; tries to delete */
    :: atomic { !node[n].seg && (rights_of_W(n) & write_right) -> deed_of_W(n); node[n].seg = 1 }
    :: atomic { node[n].seg && (rights_of_W(n) & delete_right) && !is_locked(n) ->
           assert(false) /* (a) a key to write has removed something */ }
    /* A: deletes segments, capabilities, revocations, locks; sets the lock; puts its own capability again */
    :: atomic { node[n].seg && (rights_of_A(n) & admin_right) && !is_locked(n) -> delete_by_A(n) }
#ifdef BROKEN_LOCK_ORDER
    :: atomic { node[n].removal -> node[n].removal = 0; takes_away(n); node[n].seg = 0 }
#endif
    :: atomic { node[n].capW && (rights_of_A(n) & admin_right) && !is_locked(n) ->
           deed_of_A(n); takes_away(n); node[n].capW = 0 }
    :: atomic { node[n].capA && (rights_of_A(n) & admin_right) && !is_locked(n) ->
           deed_of_A(n); takes_away(n); node[n].capA = 0 }
    :: atomic { node[n].lock == absent && (rights_of_A(n) & admin_right) -> deed_of_A(n); node[n].lock = written }
#ifdef REVOCATION_MAY_BE_DELETED
    :: atomic { node[n].revA == durable && !is_locked(n) -> node[n].revA = absent } /* another admin, or the owner's stolen key */
#endif
#ifdef LOCK_MAY_BE_DELETED
    :: atomic { node[n].lock == durable && (rights_of_A(n) & admin_right) -> node[n].lock = absent }
#endif
    /* A replaces the descriptor: head, then body, and anything in between */
    :: atomic { !node[n].body && (rights_of_A(n) & admin_right) ->
           node[n].body = 1;
#ifdef RIGHTS_AT_THE_HEAD_ONLY
           node[n].body_rights = rights_of_A(n)
#endif
       }
    :: atomic { node[n].body ->
           node[n].body = 0;
#ifndef RIGHTS_AT_THE_HEAD_ONLY
           node[n].body_rights = rights_of_A(n);
#endif
           if
           :: (node[n].body_rights & admin_right) && !is_locked(n) -> deed_of_A(n); takes_away(n)
           :: else
           fi;
           node[n].body_rights = 0 }
    /* the person at the node */
    :: atomic { node[n].lock == durable -> node[n].lock = absent; node[n].said_lock = 0 }
    /* the power goes: requests in progress are gone, what was not flushed may be */
    :: atomic { settle(node[n].revW); settle(node[n].revA); settle(node[n].lock);
           node[n].body = 0; node[n].body_rights = 0; node[n].removal = 0 }
    od
}

init { atomic { byte i; for (i : 0 .. NODES - 1) { node[i].seg = 1; node[i].capW = 1; node[i].capA = 1; run serve(i) } i = 0 } }

/* (c) once said, for ever, on whatever node, also when the capability comes again */
#define revoked (node[0].said_revA)
#define powerless (rights_of_A(0) == 0)
ltl revoked_for_ever { [] (revoked -> [] powerless) }
/* (b) */
#define locked (node[0].said_lock)
#define kept (node[0].seg)
ltl locked_until_released { [] ((locked && kept) -> (kept W !locked)) }
#endif

#ifdef PART_SNAPSHOT
/* ---- (d) One snapshot of one pack, k of n. A thief has the admin key from the beginning. The owner locks some nodes. */
#ifndef N
#define N 4
#endif
#ifndef K
#define K 2
#endif
/* How many nodes a commit takes: n here, at least k + 1 in the program (--min-heads). */
#ifndef COMMIT
#define COMMIT N
#endif
/* How many of the nodes that took a segment may be without a lock from before they took it. */
#ifndef UNLOCKED
#define UNLOCKED (COMMIT - K)
#endif
typedef Holder { byte seg; byte lock; bit acked; bit locked_first }
Holder h[N];
bit committed;
byte acks, covered;
#define segment_at(i) (h[i].seg == durable)
#define held (segment_at(0) + segment_at(1) + segment_at(2) + segment_at(3))

proctype holder(byte n) {
    do
    :: atomic { h[n].seg == absent && !h[n].acked -> h[n].seg = written } /* the writer's PUT */
    :: atomic { h[n].seg == absent && h[n].acked && held >= K -> h[n].seg = written } /* heal puts it back */
    :: atomic { h[n].seg == written -> h[n].seg = durable;
           if
           :: !h[n].acked && !committed -> h[n].acked = 1; acks++;
                  h[n].locked_first = (h[n].lock == durable);
                  covered = covered + h[n].locked_first
           :: else
           fi }
    :: atomic { h[n].lock == absent -> h[n].lock = written }
    :: atomic { h[n].lock == written -> h[n].lock = durable;
#ifdef LOCK_AFTER_THE_SEGMENT /* counts as covered what was locked after its answer: it may be gone by then */
           if
           :: h[n].acked && !h[n].locked_first && !committed -> h[n].locked_first = 1; covered++
           :: else
           fi
#endif
       }
    /* the thief, with the admin key */
    :: atomic { h[n].seg != absent && h[n].lock != durable -> h[n].seg = absent }
    /* the power goes */
    :: atomic { h[n].seg == written || h[n].lock == written -> settle(h[n].seg); settle(h[n].lock) }
    od
}

active proctype writer() {
    atomic { acks >= COMMIT && acks - covered <= UNLOCKED -> committed = 1 }
    atomic { held < K -> assert(false) } /* (d) */
}

init { atomic { byte i; for (i : 0 .. N - 1) { run holder(i) } i = 0 } }
ltl readable { [] (committed -> held >= K) }
#endif

#ifdef PART_DELETE
/* ---- (e) An owner deletes a root, or with -DSEGMENT a segment, whose removal need not survive a crash (HEAD-9, HEAD-13), from a locked node, asks again until it is answered 204, and the person at the node
   releases the lock. Answers and requests get lost, the node crashes, old copies of the request arrive afterwards. */
#define crashes_max 3
#define losses_max 3
byte seg = durable; /* `written`: gone from sight, and the folder not yet flushed */
#ifdef SEGMENT
#define may_answer (seg != durable)
#else
#define may_answer (seg == absent)
#endif
bit lock = 1, asked, answered, old_copy, tick;
byte crashes, losses;

inline settle_removal() {
    if
    :: seg == written -> seg = absent
    :: seg == written -> seg = durable /* it is back */
    :: seg != written
    fi
}

active proctype owner() {
#ifdef ASK_ONCE
    asked = 1
#else
    do
    :: atomic { !answered && !asked -> asked = 1 }
#if defined(SEGMENT) && !defined(LISTED_ONCE)
    :: atomic { answered && seg == durable -> answered = 0 } /* the next prune lists it again */
#endif
    od
#endif
}

active proctype serve() {
    do
    :: atomic { asked && lock -> asked = 0 } /* read_only */
    :: atomic { (asked || old_copy) && !lock && seg == durable -> seg = written }
    :: atomic { seg == written -> seg = absent }
    :: atomic { asked && !lock && may_answer -> asked = 0; old_copy = 1; answered = 1 } /* 204, also when it was gone */
    :: atomic { asked && !lock && may_answer && losses < losses_max -> /* 204, and nobody hears it */
           losses++; asked = 0; old_copy = 1 }
    :: atomic { asked && losses < losses_max -> losses++; asked = 0; old_copy = 1 } /* the request is late, and comes some day */
    :: atomic { old_copy -> old_copy = 0 }
    :: atomic { crashes < crashes_max -> crashes++; settle_removal(); asked = 0 }
    od
}

active proctype person() {
#ifdef NEVER_RELEASED
    skip
#else
    lock = 0
#endif
}

/* So that no run ends: with fairness Spin judges runs without an end only. */
active proctype clock() {
    do
    :: tick = !tick
    od
}

#define gone (seg == absent)
#define out_of_sight (seg != durable)
ltl takes_effect { <> [] (answered && out_of_sight) }
ltl stays_gone { [] (answered -> [] gone) }
#endif

#ifdef PART_PRUNE
/* ---- Forget and prune (repository.md 10): pack P is in an old snapshot that the owner forgets by a tombstone. Writer 0
   has been here for long; writer 1 is new. Sessions read the roots, use P or not, and commit a snapshot.

   Roots are read and put at once here; README.md says on how many heads that takes. */
#define WRITERS 2
#ifdef TWO_SESSIONS_OF_A_WRITER
#define SESSIONS 3 /* session 2 is writer 0's as well */
#else
#define SESSIONS 2
#endif
#define writer_of(s) (s % WRITERS)
#define rounds_max 2
bit there = 1;          /* P's segments on the nodes */
bit tombstone;          /* names P and the old snapshot */
bit certified[WRITERS]; /* the writer's root is there */
bit past[WRITERS];      /* the writer's newest snapshot has the tombstone in its causal past */
bit in_use;             /* a committed snapshot, which no tombstone names, needs P */
bit may_delete;         /* the owner's DELETE is out, for ever: it may arrive late, and again */

proctype session(byte s) {
    byte round = 0;
    bit saw, uses;
    do
    :: round < rounds_max ->
#ifdef NEW_WRITER_READS_FIRST
           saw = tombstone;
           certified[writer_of(s)] = 1;
#else
           certified[writer_of(s)] = 1;
           saw = tombstone;
#endif
           if
           :: true -> uses = 0
           :: atomic { !saw && there -> uses = 1 } /* finds P in the index */
           :: atomic { !saw && !there -> there = 1; uses = 1 } /* an equal segment, put anew */
#ifdef NAME_USED_AGAIN /* a new pack with an equal segment (SEGMENT-14), by one that knows of the tombstone */
           :: saw -> atomic { there = 1; uses = 1 }
#endif
           fi;
           atomic { /* the snapshot, its parents what was read */
               in_use = in_use || uses;
               past[writer_of(s)] = past[writer_of(s)] || saw;
               uses = 0; saw = 0; round++ }
    :: round == rounds_max -> break
    :: true -> break /* the machine is never seen again */
    od;
    round = 0
}

#define has_past(w) (!certified[w] || past[w])
active proctype owner() {
    tombstone = 1;
#ifndef PRUNE_AT_ONCE
    has_past(0);
    has_past(1);
#endif
#ifdef WITHOUT_LOOKING
    may_delete = 1
#else
    if
    :: in_use /* by a snapshot that came before its writer knew: P stays */
    :: else -> may_delete = 1
    fi
#endif
}

active proctype network() {
    do
    :: atomic { may_delete -> there = 0; assert(!in_use) }
    :: timeout -> break
    od
}

init { atomic {
    certified[0] = 1;
    run session(0); run session(1);
#ifdef TWO_SESSIONS_OF_A_WRITER
    run session(2)
#endif
} }

ltl readable { [] (in_use -> there) }
#endif
