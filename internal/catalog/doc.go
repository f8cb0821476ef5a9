// Package catalog knows what is deployed: it reads the folders of jobs/ and
// their .schedule files, follows changes on disk, and says what is wrong with
// what it finds. It follows no symbolic link and reads no file that another
// account could have written.
package catalog
