/** Design tokens for the console. Colours are CSS variables (see input.css), so
 *  light/dark is one variable switch and templates never need `dark:` classes. */
module.exports = {
  content: ["./views/**/*.templ", "./static/js/*.js"],
  theme: {
    fontFamily: {
      sans: ["system-ui", "-apple-system", "Segoe UI", "Inter", "Roboto", "Noto Sans", "sans-serif"],
      mono: ["ui-monospace", "SF Mono", "Cascadia Code", "JetBrains Mono", "DejaVu Sans Mono", "monospace"],
    },
    fontSize: {
      "2xs": ["11px", "16px"],
      xs: ["12px", "16px"],
      sm: ["13px", "20px"],
      base: ["14px", "20px"],
      lg: ["16px", "24px"],
      xl: ["20px", "28px"],
      "2xl": ["26px", "32px"],
    },
    extend: {
      colors: {
        bg: "var(--bg)", surface: "var(--surface)", sunken: "var(--sunken)", hover: "var(--hover)",
        line: "var(--line)", edge: "var(--edge)",
        fg: "var(--fg)", muted: "var(--muted)",
        accent: "var(--accent)", "accent-solid": "var(--accent-solid)", "accent-soft": "var(--accent-soft)",
        ok: "var(--ok)", "ok-soft": "var(--ok-soft)", "ok-mark": "var(--ok-mark)",
        fail: "var(--fail)", "fail-soft": "var(--fail-soft)", "fail-mark": "var(--fail-mark)", "fail-solid": "var(--fail-solid)",
        warn: "var(--warn)", "warn-soft": "var(--warn-soft)", "warn-mark": "var(--warn-mark)",
        run: "var(--run)", "run-soft": "var(--run-soft)", "run-mark": "var(--run-mark)",
        idle: "var(--idle)", "idle-soft": "var(--idle-soft)", "idle-mark": "var(--idle-mark)",
      },
      borderRadius: { DEFAULT: "5px", lg: "8px" },
    },
  },
};
