"""What a run is told to have been, by parts that know neither pytest nor a terminal."""
