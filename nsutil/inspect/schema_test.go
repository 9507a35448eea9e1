package inspect

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compileSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	const base = "https://github.com/nsconform/nsconform/nsutil/inspect/schema/"
	for file, text := range map[string][]byte{"report.json": ReportSchema(), "machine.json": MachineSchema()} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(base+file, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(base + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fits fails the test unless a document fits its schema.
func fits(t *testing.T, schema string, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = compileSchema(t, schema).Validate(doc)
	}
	if err != nil {
		t.Errorf("%v:\n%s", err, text)
	}
}

func TestJSONFitsItsSchema(t *testing.T) {
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	process, err := m.Process(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	pin, err := m.Pin("/proc/self/ns/uts")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Report{process, pin, sampleReport()} {
		var b bytes.Buffer
		if err := r.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		fits(t, "report.json", b.Bytes())
	}
	for _, m := range []*Machine{m, sampleMachine()} {
		var b bytes.Buffer
		if err := m.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		fits(t, "machine.json", b.Bytes())
	}
}

// TestSchemasNameEveryField holds the schemas and the Go types together.
func TestSchemasNameEveryField(t *testing.T) {
	type object struct {
		Properties map[string]any    `json:"properties"`
		Defs       map[string]object `json:"$defs"`
	}
	var report, machine object
	for text, into := range map[*[]byte]*object{&reportSchema: &report, &machineSchema: &machine} {
		if err := json.Unmarshal(*text, into); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		schema object
		of     any
	}{
		{report, Report{}}, {report.Defs["target"], Target{}}, {report.Defs["judged"], KindReport{}}, {report.Defs["inside"], Inside{}},
		{report.Defs["cgroup"], CgroupPlace{}}, {report.Defs["process"], Process{}}, {report.Defs["reference"], Reference{}},
		{report.Defs["namespace"], Namespace{}}, {report.Defs["thread"], ThreadHolder{}}, {report.Defs["pin"], Pin{}},
		{report.Defs["descriptor"], Descriptor{}}, {machine, Machine{}}, {machine.Defs["room"], Room{}},
	} {
		var fields []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(c.of)) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" && f.IsExported() {
				fields = append(fields, tag)
			}
		}
		slices.Sort(fields)
		if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(c.schema.Properties))); diff != "" {
			t.Errorf("%T and its schema differ (-type +schema):\n%s", c.of, diff)
		}
	}
}
