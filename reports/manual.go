package reports

import "regexp"

var manualPage = regexp.MustCompile(`^([A-Za-z0-9_.+-]+)\(([1-8])([a-z]*)\)$`)

// manualURL returns where a manual page such as "uts_namespaces(7)" can be read, ""
// when page does not name one.
func manualURL(page string) string {
	m := manualPage.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return "https://man7.org/linux/man-pages/man" + m[2] + "/" + m[1] + "." + m[2] + m[3] + ".html"
}
