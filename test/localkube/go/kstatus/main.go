// Reads one Kubernetes object as JSON on stdin and prints what kstatus, the library that kubectl plugins, Flux and Argo
// judge readiness with, makes of it: {"status":"Current","message":"..."}.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	var object unstructured.Unstructured
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		// The package's own decoding: whole numbers become int64, which kstatus insists on.
		err = object.UnmarshalJSON(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kstatus: not a Kubernetes object:", err)
		os.Exit(2)
	}
	result, err := status.Compute(&object)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kstatus:", err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{"status": result.Status.String(), "message": result.Message})
}
