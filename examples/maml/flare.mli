exception ValueError of string

val flare : flux:float -> int * string
(*@ (minutes, level) = flare ~flux
    ensures 0 < minutes <= 8
    ensures flux >= 0.0001 -> level = "X"
    raises  ValueError _ -> flux < 0. *)
