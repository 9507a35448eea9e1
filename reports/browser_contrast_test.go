package reports

// leastContrast is what WCAG 2 asks of text at level AA; of large text it asks less.
const leastContrast = `4.5`

// readable fails the test if any text does not stand out from what is behind it.
func readable(p *tab) {
	p.t.Helper()
	evaluate[bool](p, openAll)
	if faint := evaluate[[]string](p, `(`+faintText+`)(`+leastContrast+`)`); len(faint) > 0 {
		p.t.Errorf("too faint: %q", faint)
	}
}

// faintText finds the text that stands out less.
const faintText = `(least) => {
	const parse = (text) => {
		const n = text.match(/[\d.e-]+/g).map(Number);
		const scale = text.startsWith("color(srgb") ? 255 : 1;
		return { rgb: n.slice(0, 3).map((x) => x * scale), alpha: n.length > 3 ? n[3] : 1 };
	};
	const over = (top, below) => top.rgb.map((x, i) => x * top.alpha + below[i] * (1 - top.alpha));
	const behind = (e) => {
		if (!e) return [255, 255, 255];
		const own = parse(getComputedStyle(e).backgroundColor);
		return own.alpha === 1 ? own.rgb : over(own, behind(e.parentElement));
	};
	const luminance = (rgb) => rgb.map((x) => x / 255).map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
		.reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
	const seen = new Map();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let text; (text = texts.nextNode());) {
		const e = text.parentElement;
		if (!text.data.trim() || !e.checkVisibility() || e.closest("script, .sr, option")) continue;
		const style = getComputedStyle(e);
		const below = behind(e);
		const color = over(parse(e.closest("svg") ? style.fill : style.color), below);
		const [a, b] = [luminance(color), luminance(below)].sort((x, y) => y - x);
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < least) seen.set(e.className + " " + color.map(Math.round) + " on " + below.map(Math.round), contrast.toFixed(2) + ": " + text.data.trim().slice(0, 40));
	}
	return Array.from(seen, ([where, what]) => where + ": " + what);
}`
