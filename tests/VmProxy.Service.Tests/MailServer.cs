using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace VmProxy.Service.Tests;

/// <summary>A mail server that this project did not write, at a free port of loopback, with a certificate of its own.</summary>
sealed class MailServer : IAsyncDisposable
{
    readonly CancellationTokenSource _ending = new();
    readonly X509Certificate2 _certificate;
    readonly Task _running;
    readonly Store _store = new();

    MailServer(int port, bool implicitTls, bool login, X509Certificate2 certificate)
    {
        _certificate = certificate;
        Port = port;
        var options = new SmtpServerOptionsBuilder().ServerName("mail.test").Endpoint(endpoint =>
        {
            endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port)).Certificate(certificate).IsSecure(implicitTls).AllowUnsecureAuthentication(false);
            if (login)
            {
                endpoint.AuthenticationRequired();
            }
        }).Build();
        var services = new ServiceProvider();
        services.Add(_store);
        services.Add(new Logins());
        _running = new SmtpServer.SmtpServer(options, services).StartAsync(_ending.Token);
    }

    public const string User = "vmproxy";
    public const string Password = "mail-secret";

    public int Port { get; }

    public string Thumbprint => Convert.ToHexString(SHA256.HashData(_certificate.RawData));

    public IReadOnlyList<MimeMessage> Messages => [.. _store.Messages];

    /// <summary>Mails in whose place the server says that it has no time.</summary>
    public int Refuse { set => _store.Refuse = value; }

    public static MailServer Start(bool implicitTls = false, bool login = true)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=mail.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        return new MailServer(port, implicitTls, login, X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null));
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _certificate.Dispose();
        _ending.Dispose();
    }

    sealed class Store : MessageStore
    {
        readonly ConcurrentQueue<MimeMessage> _messages = new();

        public IEnumerable<MimeMessage> Messages => _messages;

        public int Refuse { get; set; }

        public override Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            if (Refuse > 0)
            {
                Refuse--;
                return Task.FromResult(new SmtpResponse((SmtpReplyCode)451, "no time"));
            }

            _messages.Enqueue(MimeMessage.Load(new MemoryStream(buffer.ToArray()), cancellationToken));
            return Task.FromResult(SmtpResponse.Ok);
        }
    }

    sealed class Logins : UserAuthenticator
    {
        public override Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
            Task.FromResult((user, password) == (User, Password));
    }
}
