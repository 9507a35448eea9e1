package inspect

import (
	_ "embed"
	"slices"
)

// Schema is the version of the JSON that this package writes. A field that is added does not
// change it.
const Schema = 1

//go:embed schema/report.json
var reportSchema []byte

//go:embed schema/machine.json
var machineSchema []byte

// ReportSchema returns the JSON Schema of what [Report.WriteJSON] writes.
func ReportSchema() []byte { return slices.Clone(reportSchema) }

// MachineSchema returns the JSON Schema of what [Machine.WriteJSON] writes. It refers to
// that of reports.
func MachineSchema() []byte { return slices.Clone(machineSchema) }
