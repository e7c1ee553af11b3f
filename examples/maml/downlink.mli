(** Chance finds at most what trying everything finds. *)
val downlink : volumes:int list -> int list * int * int
(*@ (chosen, volume, drawn) = downlink ~volumes
    requires List.length volumes = 8
    ensures  drawn <= volume
    ensures  forall i. 0 <= i < List.length chosen - 1 ->
               List.nth chosen i + 1 < List.nth chosen (i + 1) *)
