"""Open releases: a directory that anybody may have, and that recomputes its own figures."""
