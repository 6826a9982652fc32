"""Memory: what has passed is not run again for as long as nothing that matters has changed."""
