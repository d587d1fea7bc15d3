#include "underlay.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

constexpr int kSocketBuffer = 8 << 20;
/** No datagram is larger, so none is truncated. */
constexpr size_t kDatagramMax = 65536;

void setBuffer(int fd, int forced, int limited) {
  if (setsockopt(fd, SOL_SOCKET, forced, &kSocketBuffer, sizeof kSocketBuffer) == 0) return;
  setsockopt(fd, SOL_SOCKET, limited, &kSocketBuffer, sizeof kSocketBuffer);
}

bool isWorthRetrying(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/** Errors that a socket can only have if it, or our use of it, is broken. */
bool isFatal(int error) { return error == EBADF || error == ENOTSOCK || error == EFAULT || error == EINVAL; }

}  // namespace

Underlay::Underlay(Counters& counters)
    : counters_(counters), buffers_(std::make_unique_for_overwrite<uint8_t[]>(kDatagramBatch * kDatagramMax)) {}

Failure Underlay::open(uint32_t address, uint16_t port) {
  socket_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_.isOpen()) return failed(Step::openSocket);
  setBuffer(fd(), SO_RCVBUFFORCE, SO_RCVBUF);
  setBuffer(fd(), SO_SNDBUFFORCE, SO_SNDBUF);
  // PROBE sets DF and, unlike DO, does not let a forged ICMP message lower the path MTU.
  const int probe = IP_PMTUDISC_PROBE;
  const int one = 1;
  if (setsockopt(fd(), IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe) != 0) return failed(Step::openSocket);
  if (setsockopt(fd(), IPPROTO_IP, IP_RECVTOS, &one, sizeof one) != 0) return failed(Step::openSocket);
  if (setsockopt(fd(), SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof one) != 0) return failed(Step::openSocket);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(address);
  if (::bind(fd(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return failed(Step::bind);
  return {};
}

void Underlay::prepareReceive() {
  for (size_t i = 0; i < kDatagramBatch; ++i) {
    parts_[i] = {buffers_.get() + i * kDatagramMax, kDatagramMax};
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_name = &names_[i];
    header.msg_namelen = sizeof names_[i];
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
  }
}

int Underlay::receive() {
  prepareReceive();
  const int count = recvmmsg(fd(), messages_.data(), kDatagramBatch, MSG_DONTWAIT, nullptr);
  if (count < 0) return isFatal(errno) ? -errno : 0;
  count_ = static_cast<size_t>(count);
  taken_ = 0;
  for (size_t i = 0; i < count_; ++i) records_[i] = readRecord(i);
  return count;
}

Record Underlay::readRecord(size_t index) {
  msghdr& header = messages_[index].msg_hdr;
  Record record{RecordKind::underlay, 0, ntohs(names_[index].sin_port), ntohl(names_[index].sin_addr.s_addr), 0,
                {static_cast<const uint8_t*>(parts_[index].iov_base), messages_[index].msg_len}};
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
      record.detail = *CMSG_DATA(control);
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      uint32_t total;
      std::memcpy(&total, CMSG_DATA(control), sizeof total);
      counters_.add(Counter::socketOverflow, total - overflow_);
      overflow_ = total;
    }
  }
  return record;
}

void Underlay::send(const Record& record) {
  if (batchSize_ == batch_.size()) flush();
  batch_[batchSize_++] = record;
}

void Underlay::flush() {
  const size_t done = queue_.empty() ? transmit(batchSize_) : 0;
  for (size_t i = done; i < batchSize_; ++i) enqueue(batch_[i]);
  batchSize_ = 0;
}

void Underlay::enqueue(const Record& record) {
  const size_t size = record.payload.size();
  if (queue_.size() >= kQueuedDatagrams || queuedBytes_ + size > kQueuedBytes) {
    counters_.add(Counter::underlaySendDropped);
    return;
  }
  queue_.push_back({record, {record.payload.begin(), record.payload.end()}});
  queue_.back().record.payload = queue_.back().bytes;
  queuedBytes_ += size;
}

void Underlay::sendQueued() {
  const size_t count = std::min(queue_.size(), kDatagramBatch);
  for (size_t i = 0; i < count; ++i) batch_[i] = queue_[i].record;
  const size_t done = transmit(count);
  for (size_t i = 0; i < done; ++i) {
    queuedBytes_ -= queue_.front().bytes.size();
    queue_.pop_front();
  }
}

void Underlay::prepareSend(size_t index) {
  const Record& record = batch_[index];
  names_[index] = {};
  names_[index].sin_family = AF_INET;
  names_[index].sin_port = htons(record.port);
  names_[index].sin_addr.s_addr = htonl(record.id);
  parts_[index] = {const_cast<uint8_t*>(record.payload.data()), record.payload.size()};
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_name = &names_[index];
  header.msg_namelen = sizeof names_[index];
  header.msg_iov = &parts_[index];
  header.msg_iovlen = 1;
  header.msg_control = controls_[index].bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof(int));
  const int tos = record.detail;
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_TOS;
  control->cmsg_len = CMSG_LEN(sizeof tos);
  std::memcpy(CMSG_DATA(control), &tos, sizeof tos);
}

size_t Underlay::transmit(size_t count) {
  for (size_t i = 0; i < count; ++i) prepareSend(i);
  size_t done = 0;
  while (done < count) {
    const int sent = sendmmsg(fd(), &messages_[done], static_cast<unsigned>(count - done), MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && isWorthRetrying(errno)) break;
    if (sent < 0) {
      // The error is the first message's: that one is done with, the rest may go.
      counters_.add(errno == EMSGSIZE ? Counter::underlayTooLong : Counter::underlaySendDropped);
      ++done;
      continue;
    }
    for (int i = 0; i < sent; ++i, ++done) {
      counters_.add(Counter::underlayPacketsOut);
      counters_.add(Counter::underlayBytesOut, batch_[done].payload.size());
    }
  }
  return done;
}

}  // namespace weft
