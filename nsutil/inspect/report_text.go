package inspect

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// WriteJSON writes the report as [ReportSchema] has it.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// WriteText writes the report for a terminal.
func (r *Report) WriteText(w io.Writer, style Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, compared with %s\n\n", plain(r.Target.title()), plain(r.Reference.title()))
	r.writeKinds(&b, style)
	r.writeInside(&b, style)
	r.writeHolders(&b, style)
	writeUnseen(&b, style, r.Unseen)
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Target) title() string {
	if t.Process == nil {
		return t.Path
	}
	return fmt.Sprintf("process %s, uid %d", t.Process, *t.UID)
}

// String returns "7 (sshd)".
func (p Process) String() string { return fmt.Sprintf("%d (%s)", p.PID, p.Name) }

func (r Reference) title() string {
	title := "the host, by process " + r.Process.String()
	if !r.Init {
		title = "the caller, process " + r.Process.String() + ", as init may not be looked at"
	}
	if !r.Outermost {
		title += ", which is in namespaces of its own"
	}
	return title
}

func (r *Report) writeKinds(b *strings.Builder, style Style) {
	t := table{}
	t.paint([]string{bold, bold, bold, bold, bold}, "kind", "verdict", "namespace", "owner", "why")
	for _, k := range r.Kinds {
		id, owner := "", ""
		if k.Namespace != nil {
			id, owner = fmt.Sprint(k.Namespace.ID), k.Namespace.owner()
		}
		why := slices.Clone(k.Reasons)
		for _, note := range k.Notes {
			why = append(why, "note: "+note)
		}
		if len(why) == 0 {
			why = []string{""}
		}
		t.paint([]string{"", verdictColors[k.Verdict]}, string(k.Kind), string(k.Verdict), id, owner, why[0])
		for _, more := range why[1:] {
			t.add("", "", "", "", more)
		}
	}
	t.write(b, "", style)
}

// owner says who owns a namespace: "4026531837 of uid 0", its user namespace; and of a user
// namespace who made it, and below which: "uid 1000 below 4026531837".
func (n *Namespace) owner() string {
	uid := ""
	if n.OwnerUID != nil {
		uid = fmt.Sprintf("uid %d", *n.OwnerUID)
	}
	switch {
	case n.Owner == 0:
		return uid
	case n.Kind == nsutil.User:
		return strings.TrimSpace(fmt.Sprintf("%s below %d", uid, n.Owner))
	case uid == "":
		return fmt.Sprint(n.Owner)
	}
	return fmt.Sprintf("%d of %s", n.Owner, uid)
}

// writeHolders says what holds the namespaces that are not the host's, those together that are
// held by the same.
func (r *Report) writeHolders(b *strings.Builder, style Style) {
	kinds := map[string][]string{}
	var order []string
	for _, k := range r.Kinds {
		if k.Namespace == nil || k.Verdict == Shared {
			continue
		}
		held := k.Namespace.heldBy()
		if kinds[held] == nil {
			order = append(order, held)
		}
		kinds[held] = append(kinds[held], string(k.Kind))
	}
	t := table{}
	for _, held := range order {
		t.add(strings.Join(kinds[held], " "), held)
	}
	section(b, style, "held by", t)
}

func section(b *strings.Builder, style Style, title string, t table) {
	if len(t.rows) > 0 {
		fmt.Fprintf(b, "\n%s\n", style.paint(bold, title))
		t.write(b, "  ", style)
	}
}

func writeUnseen(b *strings.Builder, style Style, lines []string) {
	t := table{}
	for _, line := range lines {
		t.add(line)
	}
	section(b, style, "not seen", t)
}
