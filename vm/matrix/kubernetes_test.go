package matrix

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// readManifest decodes the documents of a manifest strictly: a field that Kubernetes
// does not know, or of another type, is an error.
func readManifest(t *testing.T, name string) (job batchv1.Job, claim corev1.PersistentVolumeClaim) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var into any = &job
		if bytes.Contains(doc, []byte("kind: PersistentVolumeClaim\n")) {
			into = &claim
		}
		if err := yaml.UnmarshalStrict(doc, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Errorf("%s: %s %s, which restarts its pods: %s", name, job.APIVersion, job.Kind, job.Spec.Template.Spec.RestartPolicy)
	}
	return job, claim
}

func TestJobHasAnIndexForEachKernel(t *testing.T) {
	job, _ := readManifest(t, "prove.yaml")
	if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batchv1.IndexedCompletion {
		t.Error("its pods have no index")
	}
	if n := *job.Spec.Completions; int(n) != len(Kernels()) {
		t.Errorf("%d completions for %d kernels", n, len(Kernels()))
	}
}

func TestJobsShareTheVolume(t *testing.T) {
	prove, claim := readManifest(t, "prove.yaml")
	merge, _ := readManifest(t, "merge.yaml")
	for _, job := range []batchv1.Job{prove, merge} {
		pod, found := job.Spec.Template.Spec, false
		for _, v := range pod.Volumes {
			if v.PersistentVolumeClaim == nil {
				continue
			}
			found = v.PersistentVolumeClaim.ClaimName == claim.Name
			if mount := mountOf(pod.Containers[0], v.Name); mount != environment(pod.Containers[0])["REPORTS"] {
				t.Errorf("%s: reports are not on the volume: %q", job.Name, mount)
			}
		}
		if !found {
			t.Errorf("%s does not use the volume %s", job.Name, claim.Name)
		}
		if *pod.Containers[0].SecurityContext.AllowPrivilegeEscalation || pod.Containers[0].SecurityContext.Privileged != nil {
			t.Errorf("%s is privileged", job.Name)
		}
	}
	if mode := claim.Spec.AccessModes; len(mode) != 1 || mode[0] != corev1.ReadWriteMany {
		t.Errorf("pods on several nodes cannot write to a volume of mode %s", mode)
	}
}

func mountOf(c corev1.Container, volume string) string {
	for _, m := range c.VolumeMounts {
		if m.Name == volume {
			return m.MountPath
		}
	}
	return ""
}

func environment(c corev1.Container) map[string]string {
	all := map[string]string{}
	for _, v := range c.Env {
		all[v.Name] = v.Value
	}
	return all
}

// pod runs what a container runs, with other programs in the place of those that it
// calls, each of which tells its arguments and exits with status.
func pod(t *testing.T, c corev1.Container, status, index int, env ...string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"apt-get", "go", "nsconform"} {
		script := "#!/bin/sh\necho " + name + " \"$@\"\n"
		if name == "nsconform" {
			script += "exit " + strconv.Itoa(status) + "\n"
		}
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(c.Command[0], c.Command[1:]...)
	cmd.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH"), "VERSION=v1", "JOB_COMPLETION_INDEX=" + strconv.Itoa(index)}, env...)
	out, err := cmd.Output()
	return string(out), err
}

func TestEachIndexProvesItsKernel(t *testing.T) {
	job, _ := readManifest(t, "prove.yaml")
	c := job.Spec.Template.Spec.Containers[0]
	list, err := filepath.Abs("kernels.txt")
	if err != nil {
		t.Fatal(err)
	}
	if env := environment(c); env["KERNELS"] != mountOf(c, "kernels")+"/kernels.txt" {
		t.Errorf("the list is expected at %s", env["KERNELS"])
	}
	run := func(index, status int) (string, error) {
		out, err := pod(t, c, status, index, "KERNELS="+list, "REPORTS=/reports")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		return lines[len(lines)-1], err
	}
	for index, kernel := range Kernels() {
		got, err := run(index, 0)
		want := "nsconform test --kernel " + kernel + " --report-dir /reports/" + strconv.Itoa(index)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	if out, err := run(len(Kernels()), 0); err == nil {
		t.Errorf("an index behind the list succeeds: %s", out)
	}
	// A verdict has been reached with exit status 1, too; anything else is tried again.
	for status, retried := range map[int]bool{0: false, 1: false, 2: true, 3: true, 4: true} {
		if _, err := run(0, status); (err != nil) != retried {
			t.Errorf("status %d: the pod ends with %v", status, err)
		}
	}
}

func TestMergeTakesEveryReportOnce(t *testing.T) {
	job, _ := readManifest(t, "merge.yaml")
	reports := t.TempDir()
	want := "nsconform report merge " + reports + "/all"
	for index := range Kernels() {
		if err := os.Mkdir(filepath.Join(reports, strconv.Itoa(index)), 0o755); err != nil {
			t.Fatal(err)
		}
		want += " " + filepath.Join(reports, strconv.Itoa(index))
	}
	for status := range 2 {
		if err := os.MkdirAll(filepath.Join(reports, "all"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := pod(t, job.Spec.Template.Spec.Containers[0], status, 0, "REPORTS="+reports)
		if !strings.HasSuffix(out, want+"\n") || (err != nil) != (status != 0) {
			t.Errorf("status %d: %v\n%s", status, err, cmp.Diff(want, out))
		}
	}
}
