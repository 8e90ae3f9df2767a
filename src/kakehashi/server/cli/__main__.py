from kakehashi.server.cli import main

main()
