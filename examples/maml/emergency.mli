type proof = { rows : int; lost : int; doubled : int; changed : int }

type stored = { snapshot : string; mode : int }

val emergency : dataset:string -> mesh_nodes:int -> string * proof * stored
(*@ (status, proof, stored) = emergency ~dataset ~mesh_nodes
    requires mesh_nodes >= 2
    ensures  status = "completed"
    ensures  proof.lost = 0 /\ proof.doubled = 0 /\ proof.changed = 0
    ensures  stored.mode >= 512 *)
