open Gospelstdlib
val f : int -> int
(*@ y = f x
    ensures y = x +. 1. *)
val g : (int -> int) -> int
val h : int list -> int
(*@ m = h l
    requires exists i. l[i] > 0 *)
