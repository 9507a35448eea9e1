// Package lifetime proves what is promised about how long namespaces live, and what pins them: namespaces(7), Namespace lifetime.
package lifetime
