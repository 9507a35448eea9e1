package nsutil

// features is every feature, in the order in which upstream kernels got them.
// For a kind of namespace that is when its file under /proc/PID/ns appeared
// (namespaces(7)), which for some is long after the kind itself.
var features []*feature

// The probes look features up by name, which the compiler takes for a cycle.
func init() {
	features = []*feature{
		kindFeature(IPC, Version{3, 0, 0}, "CONFIG_IPC_NS"),
		kindFeature(Net, Version{3, 0, 0}, "CONFIG_NET_NS"),
		kindFeature(UTS, Version{3, 0, 0}, "CONFIG_UTS_NS"),
		kindFeature(Mnt, Version{3, 8, 0}, ""),                // 8823c079ba71
		kindFeature(PID, Version{3, 8, 0}, "CONFIG_PID_NS"),   // 57e8391d3276
		kindFeature(User, Version{3, 8, 0}, "CONFIG_USER_NS"), // cde1975bc242
		kindFeature(Cgroup, Version{4, 6, 0}, "CONFIG_CGROUPS"),
		{name: MountAPI, since: Version{5, 2, 0}, probe: probeMountAPI},
		{name: Clone3, since: Version{5, 3, 0}, probe: probeClone3},
		{name: PidfdOpen, since: Version{5, 3, 0}, probe: probePidfdOpen},
		{name: PidfdGetfd, since: Version{5, 6, 0}, probe: probePidfdGetfd},
		kindFeature(Time, Version{5, 6, 0}, "CONFIG_TIME_NS"), // 769071ac9f20
		{name: SetnsPidfd, since: Version{5, 8, 0}, probe: probeSetnsPidfd},
		{name: CloseRange, since: Version{5, 9, 0}, probe: probeCloseRange},
		{name: PidfdNamespaces, since: Version{6, 11, 0}, probe: probePidfdNamespaces},
		{name: MntNamespaceID, since: Version{6, 11, 0}, probe: probeMntNamespaceID},
		{name: NamespaceID, since: Version{6, 18, 0}, probe: probeNamespaceID},
	}
}

func kindFeature(k Kind, since Version, config string) *feature {
	return &feature{
		name:   k.Feature(),
		since:  since,
		config: config,
		probe:  func() error { return probeKind(k) },
	}
}
