type order = { patient : int; drug : string }

(** Whoever is stopped has an order. *)
val medication : orders:order list -> int list * int
(*@ (stopped, checked) = medication ~orders
    ensures checked = List.length orders
    ensures List.length stopped <= checked
    ensures forall p. List.mem p stopped ->
              exists i. 0 <= i < List.length orders /\ (List.nth orders i).patient = p *)
