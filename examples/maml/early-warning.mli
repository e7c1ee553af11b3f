(** The score of a bed is 0, 2 or 4; an alarm names beds, each once. *)

val early_warning : dataset:string -> limit:int -> int list * int
(*@ (alarms, highest) = early_warning ~dataset ~limit
    requires 1 <= limit <= 4
    ensures  0 <= highest <= 4
    ensures  highest < limit -> alarms = []
    ensures  forall i j. 0 <= i < j < List.length alarms ->
               List.nth alarms i <> List.nth alarms j *)
