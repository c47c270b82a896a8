module quorate.dev/localkube/pause

go 1.24
