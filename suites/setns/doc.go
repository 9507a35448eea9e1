// Package setns holds the specs of setns(2): who may join which namespaces with
// what kind of descriptor, and what changes then.
package setns
