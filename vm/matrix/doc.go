// Package matrix has the kernels that a release is proven on, from the oldest to the
// newest, and runs them elsewhere than on one machine: kernels.txt is what make matrix,
// the workflow in .github and the Kubernetes jobs here take them from.
//
// On Kubernetes each kernel is an index of one job. No pod needs privileges, nor KVM:
//
//	kubectl create configmap nsconform-kernels --from-file=vm/matrix/kernels.txt
//	kubectl apply -f vm/matrix/prove.yaml
//	kubectl wait --for=condition=complete --timeout=2h job/nsconform-prove
//	kubectl apply -f vm/matrix/merge.yaml
//	kubectl logs --follow job/nsconform-merge
//
// The last job ends as one run of all kernels would: it fails where a requirement was
// violated, and the reports are on the volume nsconform-reports in any case.
package matrix

import (
	_ "embed"
	"strings"
)

//go:embed kernels.txt
var kernels string

// Kernels returns the kernels' names, as nsconform test --kernel takes them.
func Kernels() []string { return strings.Fields(kernels) }
