@rem package.json starts programs with "exec", so that a signal to npm reaches them. Windows has no exec: it finds this.
@%*
