package spec

// Random says how much specs try of what is random: so many sequences, which the
// seed decides.
type Random struct {
	Seed      uint64 `json:"seed"`
	Sequences int    `json:"sequences"`
}

// Chance is what specs try of what is random; set it before they run. It is the
// same in every run, unless the user wants another one.
var Chance = Random{Seed: 360, Sequences: 12}
