package mountmodel

import (
	"fmt"

	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/mountmodel/model"
)

// Tables implements [model.Kernel].
func (k *kernel) Tables() (model.Tables, error) {
	all := make(model.Tables, len(k.subjects))
	for space, s := range k.subjects {
		if s == nil {
			continue
		}
		table, err := mounts.Table(s)
		if err != nil {
			return nil, fmt.Errorf("read the mounts of namespace %d: %w", space, err)
		}
		for _, m := range table {
			p, err := mounts.PropagationOf(m)
			if err != nil {
				return nil, err
			}
			all[space] = append(all[space], model.Row{
				ID: m.ID, Parent: m.Parent, Point: m.Mountpoint, FS: k.name(m.Source, fmt.Sprint(m.Major, ":", m.Minor)), Root: m.Root,
				Shared: p.Shared, Master: p.Master, From: p.From, Unbindable: p.Unbindable,
			})
		}
	}
	return all, nil
}

// name is the name of a file system, if it is the one that has been called so.
func (k *kernel) name(source, device string) string {
	if k.devices[source] == "" {
		k.devices[source] = device
	}
	if k.devices[source] != device {
		return source + " of another device"
	}
	return source
}
