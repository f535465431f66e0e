/* Preloaded into a process, makes its disk fail at a chosen moment: the N-th write, flush, rename, link or removal of a
 * file in one folder. How it fails: the process ends before the call ("exit") or half way through a write ("torn"), or
 * this call and all after it report a full disk ("full"). Armed by fault_arm; counts either way. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static atomic_long calls;
static long fatal;
static char mode;

void fault_arm(const char *under, long nth, char how) {
    strncpy(folder, under, sizeof folder - 1);
    atomic_store(&calls, 0);
    fatal = nth;
    mode = how;
}

long fault_calls(void) { return atomic_load(&calls); }

static int inside(const char *path) { return folder[0] && strncmp(path, folder, strlen(folder)) == 0; }

static int of(int fd) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return inside(path);
}

/* 0: go on. 1: report a full disk. 2: write half, then end. */
static int fails(int ours) {
    if (!ours) return 0;
    long n = atomic_fetch_add(&calls, 1) + 1;
    if (!fatal || n < fatal) return 0;
    if (mode == 'f') return 1;
    if (n > fatal) return 0;
    if (mode == 't') return 2;
    _exit(86);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define FAIL(how) do { if ((how) == 2) _exit(86); if (how) { errno = ENOSPC; return -1; } } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    int how = fails(of(fd));
    if (how == 1) FAIL(how);
    if (how == 2) { real(fd, data, size / 2); _exit(86); }
    return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    int how = fails(of(fd));
    if (how == 1) FAIL(how);
    if (how == 2) { real(fd, data, size / 2, at); _exit(86); }
    return real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
    REAL(fwrite);
    int how = fails(of(fileno(file)));
    if (how == 1) { errno = ENOSPC; return 0; }
    if (how == 2) { real(data, size, count / 2, file); fflush(file); _exit(86); }
    return real(data, size, count, file);
}

int fsync(int fd) { REAL(fsync); FAIL(fails(of(fd))); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); FAIL(fails(of(fd))); return real(fd); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); FAIL(fails(of(fd))); return real(fd, size); }
int rename(const char *from, const char *to) { REAL(rename); FAIL(fails(inside(to))); return real(from, to); }
int link(const char *from, const char *to) { REAL(link); FAIL(fails(inside(to))); return real(from, to); }

/* A full disk hinders no removal. */
int unlink(const char *path) { REAL(unlink); if (fails(inside(path)) == 2) _exit(86); return real(path); }
int unlinkat(int at, const char *path, int flags) {
    REAL(unlinkat);
    if (fails(at == AT_FDCWD ? inside(path) : of(at)) == 2) _exit(86);
    return real(at, path, flags);
}
