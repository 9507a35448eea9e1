package reports

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	tabpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browsers are the names that Chromium goes by.
var browsers = []string{"chromium", "chromium-browser", "google-chrome"}

// startBrowser starts one for all tabs of a test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	i := slices.IndexFunc(browsers, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Skipf("none of %s is installed: report.html is not looked at in a browser (make check installs it)", strings.Join(browsers, ", "))
	}
	dir := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browsers[i]), chromedp.UserDataDir(dir),
		chromedp.Env("TMPDIR="+dir), chromedp.Flag("disable-dev-shm-usage", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("end the browser: %v", err)
		}
		quit()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", browsers[i], err)
	}
	return ctx
}

// tab is a report in a tab of a browser.
type tab struct {
	t    *testing.T
	ctx  context.Context
	file string

	mu       sync.Mutex
	fetched  []string // what the page asked for, itself apart
	said     []string // on the browser's console
	expected bool     // that the page asks and says
}

// patience is for a browser on a machine that has much else to do.
const patience = 2 * time.Minute

// view is how a page is looked at.
type view struct {
	Width, Height int64
	Dark, Print   bool
	Script        bool
}

var desktop = view{Width: 1280, Height: 900, Script: true}

// openTab opens an HTML file in a tab of its own. When the test is over the page must
// have fetched nothing, and the browser must have had nothing to say of it.
func openTab(t *testing.T, browser context.Context, text []byte, v view) *tab {
	t.Helper()
	p := &tab{t: t, file: filepath.Join(t.TempDir(), "report.html")}
	if err := os.WriteFile(p.file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	limited, stop := context.WithTimeout(browser, patience)
	ctx, closeTab := chromedp.NewContext(limited)
	p.ctx = ctx
	t.Cleanup(func() {
		closeTab()
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.expected && len(p.fetched)+len(p.said) > 0 {
			t.Errorf("the page fetched %q, and the browser said %q", p.fetched, p.said)
		}
	})
	if err := chromedp.Listen(ctx, p.note); err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}}
	if v.Dark {
		media.Features[0].Value = "dark"
	}
	if v.Print {
		media.Media = "print"
	}
	call(p, emulation.SetEmulatedMedia, media)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !v.Script})
	p.do(chromedp.EmulateViewport(v.Width, v.Height))
	p.do(chromedp.Navigate(p.url()))
	return p
}

// url is the page's address.
func (p *tab) url() string { return "file://" + p.file }

// note takes down what the page does.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != p.url() {
			p.fetched = append(p.fetched, e.Request.URL)
		}
	case *log.EventEntryAdded:
		p.said = append(p.said, e.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		p.said = append(p.said, "console."+string(e.Type))
	case *runtime.EventExceptionThrown:
		p.said = append(p.said, e.ExceptionDetails.Text)
	case *tabpage.EventJavascriptDialogOpening:
		p.said = append(p.said, "a dialog: "+e.Message)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// evaluate returns what an expression is in the page.
func evaluate[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// want fails the test unless an expression is true in the page.
func (p *tab) want(expression string) {
	p.t.Helper()
	if !evaluate[bool](p, expression) {
		p.t.Errorf("not so: %s", expression)
	}
}

// call sends a command of the browser's protocol.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatal(err)
	}
}
