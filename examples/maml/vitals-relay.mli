val vitals_relay : sensors:int -> int * int * bool
(*@ (rows, lost, in_time) = vitals_relay ~sensors
    requires sensors >= 2
    ensures  rows > 0 /\ lost = 0
    ensures  in_time *)
