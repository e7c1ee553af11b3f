type model
type label = Cat | Dog | Other

val predict : model -> float array -> label
(** Names what a picture shows.
    @requires Array.length features = 4
    @requires forall i. 0 <= i < length features -> 0. <= features[i] <= 1.
    @ensures result in [Cat; Dog; Other]
    @since 1.0 *)
