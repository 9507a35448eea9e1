package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// WriteJSON writes all namespaces as [MachineSchema] has them.
func (m *Machine) WriteJSON(w io.Writer) error { return writeJSON(w, m) }

// WriteText writes all namespaces, a line each, and the rooms, for a terminal.
func (m *Machine) WriteText(w io.Writer, style Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, compared with %s\n\n", count(len(m.Namespaces), "namespace", "namespaces"), plain(m.Reference.title()))
	t := table{}
	t.paint([]string{bold, bold, bold, bold}, "kind", "namespace", "owner", "held by")
	for _, n := range m.Namespaces {
		held := n.heldBy()
		if m.Reference.Namespaces[n.Kind] == n.ID {
			held = "the host; " + held
			if !m.Reference.Init {
				held = "the caller; " + strings.TrimPrefix(held, "the host; ")
			}
		}
		if n.Kind == nsutil.PID && n.Parent != 0 {
			held = fmt.Sprintf("%s; below %d", held, n.Parent)
		}
		t.add(string(n.Kind), fmt.Sprint(n.ID), n.owner(), held)
	}
	t.write(&b, "", style)
	section(&b, style, "rooms: processes with the same namespaces", m.roomTable())
	writeUnseen(&b, style, m.Unseen)
	_, err := io.WriteString(w, b.String())
	return err
}

func (m *Machine) roomTable() table {
	t := table{}
	for _, room := range m.Rooms {
		own := "all the host's"
		if !m.Reference.Init {
			own = "all the caller's"
		}
		if len(room.Own) > 0 {
			words := make([]string, len(room.Own))
			for i, kind := range room.Own {
				words[i] = string(kind)
			}
			own = "own " + strings.Join(words, " ")
		}
		t.add(own, count(len(room.Processes), "process", "processes")+": "+fewOf(texts(room.Processes), fewHolders))
	}
	return t
}
