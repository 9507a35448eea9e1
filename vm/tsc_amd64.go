package vm

// cycles returns this machine's time stamp counter.
func cycles() uint64
