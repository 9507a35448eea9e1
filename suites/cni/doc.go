// Package cni proves the flow that wires the networks of containers: a runtime makes a
// network namespace, pins it, and hands its path to plugins of the Container Network
// Interface, which enter it and configure it. The plugins are the real ones of
// containernetworking; here the suite is the runtime. What is claimed is seen in
// traffic, and by other processes that join the namespaces.
//
// All specs have the label cni, and run only when they are asked for.
package cni
