// CoreDNS with only the plugins a test cluster needs. The stock main imports all of them, cloud SDKs included, and takes
// minutes to compile; this one resolves cluster.local and its PTR records and refuses everything else.
package main

import (
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"

	"github.com/coredns/coredns/coremain"
)

func main() {
	coremain.Run()
}
