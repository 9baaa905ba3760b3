// The one script of the staff web: whoever leaves light or dark to the device gets what the device is set to.
// Without scripts the pages are light.
const root = document.documentElement
if (root.dataset.theme === 'auto') {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => { root.dataset.bsTheme = dark.matches ? 'dark' : 'light' }
  dark.addEventListener('change', follow)
  follow()
}
