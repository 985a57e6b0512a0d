/*
 * Records what a process does to the files below one directory, in the order in which it happens.
 * Loaded with LD_PRELOAD by tests/powerloss/main.rs; the trace is read by tests/powerloss/trace.rs.
 *
 *   POWERLOSS_ROOT   the directory to watch
 *   POWERLOSS_TRACE  the file to append events to
 *
 * An event: kind (1 byte), three u64 (native order), then as many bytes as the third says.
 *   C inode  existed  path   open, after which the path is this file
 *   W inode  offset   data   a write that is complete (into the page cache)
 *   T inode  size     -      truncation
 *   B number inode    -      fsync or fdatasync begins (third number 0)
 *   E number isdata   -      that sync has ended well
 *   R 0      0        from \0 to
 *   U 0      0        path
 *   A 0      0        line   written to standard output: an acknowledgement
 *
 * A write and its event are one step under the lock, so the order of events is the order of writes. A
 * sync is two events: only what was written before it began is certainly on the disk when it ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char root[PATH_MAX];
static size_t root_len;
static int trace = -1;
static uint64_t syncs;

#define MAX_INODES 4096
static ino_t inodes[MAX_INODES];
static int inode_count;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off64_t);
static int (*real_ftruncate)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

static void start(void) {
    real_open = dlsym(RTLD_NEXT, "open64");
    real_openat = dlsym(RTLD_NEXT, "openat64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_writev = dlsym(RTLD_NEXT, "writev");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *watched = getenv("POWERLOSS_ROOT");
    const char *path = getenv("POWERLOSS_TRACE");
    if (!watched || !path || !realpath(watched, root)) return;
    root_len = strlen(root);
    trace = real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void ready(void) { pthread_once(&once, start); }

/* With the lock held. */
static void put(char kind, uint64_t first, uint64_t second, const void *data, size_t len) {
    uint64_t numbers[3] = {first, second, len};
    struct iovec parts[3] = {{&kind, 1}, {numbers, sizeof numbers}, {(void *)data, len}};
    ssize_t whole = 1 + (ssize_t)sizeof numbers + (ssize_t)len;
    if (real_writev(trace, parts, 3) != whole) abort();
}

static int below_root(const char *path) {
    return trace >= 0 && strncmp(path, root, root_len) == 0 && path[root_len] == '/';
}

/* The inode when `fd` is a file that we watch, 0 otherwise. */
static ino_t watched(int fd) {
    struct stat64 is;
    if (trace < 0 || fd == trace || fstat64(fd, &is) != 0 || !S_ISREG(is.st_mode)) return 0;
    for (int i = 0; i < inode_count; i++)
        if (inodes[i] == is.st_ino) return is.st_ino;
    return 0;
}

static void opened(int fd, const char *path, int flags, int existed) {
    struct stat64 is;
    if (fstat64(fd, &is) != 0 || !S_ISREG(is.st_mode)) return;
    int known = 0;
    for (int i = 0; i < inode_count; i++) known |= inodes[i] == is.st_ino;
    if (!known) {
        if (inode_count == MAX_INODES) abort();
        inodes[inode_count++] = is.st_ino;
    }
    put('C', is.st_ino, existed, path + root_len + 1, strlen(path + root_len + 1));
    if (existed && (flags & O_TRUNC)) put('T', is.st_ino, 0, "", 0);
}

static int open_common(int dirfd, const char *path, int flags, mode_t mode) {
    ready();
    if (!below_root(path)) return real_openat(dirfd, path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat64 is;
    int existed = stat64(path, &is) == 0;
    int fd = real_openat(dirfd, path, flags, mode);
    int error = errno;
    if (fd >= 0) opened(fd, path, flags, existed);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE                                             \
    mode_t mode = 0;                                     \
    if (flags & (O_CREAT | O_TMPFILE)) {                 \
        va_list more;                                    \
        va_start(more, flags);                           \
        mode = va_arg(more, mode_t);                     \
        va_end(more);                                    \
    }

int open(const char *path, int flags, ...) { MODE return open_common(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return open_common(AT_FDCWD, path, flags, mode); }
int openat(int fd, const char *path, int flags, ...) { MODE return open_common(fd, path, flags, mode); }
int openat64(int fd, const char *path, int flags, ...) { MODE return open_common(fd, path, flags, mode); }

/* Records a write of `done` bytes that ended at `end` (or began at `end - done`). */
static void wrote(ino_t inode, off64_t begin, const struct iovec *parts, int count, ssize_t done) {
    for (int i = 0; i < count && done > 0; i++) {
        size_t len = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
        put('W', inode, begin, parts[i].iov_base, len);
        begin += len;
        done -= len;
    }
}

/* `offset` below zero: at the file's own position. */
static ssize_t write_common(int fd, const struct iovec *parts, int count, off64_t offset) {
    ready();
    if (trace >= 0 && fd == 1) {
        /* Heard by the world before anything that happens later. */
        pthread_mutex_lock(&lock);
        ssize_t done = real_writev(fd, parts, count);
        for (int i = 0; i < count; i++) put('A', 0, 0, parts[i].iov_base, parts[i].iov_len);
        pthread_mutex_unlock(&lock);
        return done;
    }
    pthread_mutex_lock(&lock);
    ino_t inode = watched(fd);
    if (!inode) pthread_mutex_unlock(&lock);
    ssize_t done = offset < 0 ? real_writev(fd, parts, count) : real_pwritev(fd, parts, count, offset);
    int error = errno;
    if (inode) {
        if (done > 0) {
            off64_t begin = offset < 0 ? lseek64(fd, 0, SEEK_CUR) - done : offset;
            wrote(inode, begin, parts, count, done);
        }
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return done;
}

ssize_t write(int fd, const void *data, size_t len) {
    struct iovec part = {(void *)data, len};
    return write_common(fd, &part, 1, -1);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return write_common(fd, parts, count, -1);
}
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset) {
    struct iovec part = {(void *)data, len};
    return write_common(fd, &part, 1, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset) {
    return pwrite(fd, data, len, offset);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return write_common(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    return write_common(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t size) {
    ready();
    pthread_mutex_lock(&lock);
    ino_t inode = watched(fd);
    int result = real_ftruncate(fd, size);
    int error = errno;
    if (inode && result == 0) put('T', inode, size, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_common(int fd, int data) {
    ready();
    pthread_mutex_lock(&lock);
    ino_t inode = watched(fd);
    uint64_t number = (uint64_t)getpid() << 32 | ++syncs;
    if (inode) put('B', number, inode, "", 0);
    pthread_mutex_unlock(&lock);
    int result = data ? real_fdatasync(fd) : real_fsync(fd);
    int error = errno;
    if (inode && result == 0) {
        pthread_mutex_lock(&lock);
        put('E', number, data, "", 0);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return result;
}
int fsync(int fd) { return sync_common(fd, 0); }
int fdatasync(int fd) { return sync_common(fd, 1); }
/* sync_file_range is left alone on purpose: it makes nothing durable. */

int rename(const char *from, const char *to) {
    ready();
    if (!below_root(from) || !below_root(to)) return real_rename(from, to);
    pthread_mutex_lock(&lock);
    int result = real_rename(from, to);
    int error = errno;
    if (result == 0) {
        char both[2 * PATH_MAX];
        size_t len = strlen(from + root_len + 1);
        memcpy(both, from + root_len + 1, len + 1);
        strcpy(both + len + 1, to + root_len + 1);
        put('R', 0, 0, both, len + 1 + strlen(to + root_len + 1));
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int unlink(const char *path) {
    ready();
    if (!below_root(path)) return real_unlink(path);
    pthread_mutex_lock(&lock);
    int result = real_unlink(path);
    int error = errno;
    if (result == 0) put('U', 0, 0, path + root_len + 1, strlen(path + root_len + 1));
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
