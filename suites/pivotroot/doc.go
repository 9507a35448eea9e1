// Package pivotroot specifies pivot_root(2).
package pivotroot
