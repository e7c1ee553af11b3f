val restore_drill : dataset:string -> bool * int * int
(*@ (same, saved, returned) = restore_drill ~dataset
    ensures same
    ensures saved = returned *)
