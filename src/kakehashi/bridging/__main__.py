from kakehashi.bridging.cli import main

main()
