package reports

import (
	_ "embed"
	"slices"
)

//go:embed schema/event.json
var eventSchema []byte

//go:embed schema/results.json
var resultsSchema []byte

//go:embed schema/comparison.json
var comparisonSchema []byte

// EventSchema returns the JSON Schema of a line of the event stream.
func EventSchema() []byte { return slices.Clone(eventSchema) }

// ResultsSchema returns the JSON Schema of results.json. It refers to that of events.
func ResultsSchema() []byte { return slices.Clone(resultsSchema) }

// ComparisonSchema returns the JSON Schema of a comparison. It refers to that of events.
func ComparisonSchema() []byte { return slices.Clone(comparisonSchema) }
