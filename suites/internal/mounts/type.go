package mounts

// Type returns the propagation type in the words of mount_namespaces(7):
// "shared", "slave", "slave and shared", "unbindable" or "private".
func (p Propagation) Type() string {
	switch {
	case p.Shared != 0 && p.Master != 0:
		return "slave and shared"
	case p.Shared != 0:
		return "shared"
	case p.Master != 0:
		return "slave"
	case p.Unbindable:
		return "unbindable"
	}
	return "private"
}
