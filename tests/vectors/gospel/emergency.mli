(* What an emergency backup over a mesh has to keep. *)

type status = Ok | Partial | Failed

type inputs = {
  dataset : string;
  mesh_nodes : int option;
  heads : string list;
}

type outputs = {
  status : status;
  stored : int list;       (** segments on each head *)
  latency : float;
}

exception Too_few_heads of int

val run : inputs -> outputs
(*@ o = run i
    requires String.length i.dataset > 0
    requires match i.mesh_nodes with None -> true | Some n -> 0 < n <= 32767
    requires forall a b. 0 <= a < b < List.length i.heads -> i.heads[a] <> i.heads[b]
    checks   List.length i.heads >= 2
    ensures  List.length o.stored = List.length i.heads
    ensures  o.status = Ok -> forall s. s in o.stored -> s >= 1
    ensures  0. <= o.latency < 60.
    raises   Too_few_heads n -> n = List.length i.heads /\ n < 4 *)
