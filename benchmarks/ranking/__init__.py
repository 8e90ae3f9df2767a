"""What `make bench-bridging` runs, each measurement in a process of its own so that its peak of memory is its own."""
