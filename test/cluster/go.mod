module github.com/unloop-dev/unloop/test/cluster

go 1.26.0
