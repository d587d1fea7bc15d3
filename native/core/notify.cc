#include "notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "fd.h"

namespace weft {

int notify(std::string_view path, std::string_view message) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  // A path needs its zero at the end; an abstract name has one at its beginning and ends with its length.
  const bool isAbstract = path.starts_with('@');
  if (path.empty() || path.size() + (isAbstract ? 0 : 1) > sizeof name.sun_path) return EINVAL;
  std::ranges::copy(path, name.sun_path);
  if (isAbstract) name.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (isAbstract ? 0 : 1));

  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.isOpen()) return errno;
  const auto* to = reinterpret_cast<const sockaddr*>(&name);
  return sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, to, length) < 0 ? errno : 0;
}

}  // namespace weft
