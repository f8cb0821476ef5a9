// Package views holds, for every screen, a model and the templ page that shows
// it. The model is the body of the JSON answer; its methods add what only a
// reader of the page needs: words, relative times, links. A page takes its
// model and nothing else.
package views
