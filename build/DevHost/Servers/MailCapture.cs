using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmtpServer;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Pechat.DevHost.Servers;

/// <summary>Takes every mail and delivers none: each becomes an <c>.eml</c> file, shown on a small page.</summary>
internal sealed class MailCapture(Layout layout) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private WebApplication? _view;
    private Task _server = Task.CompletedTask;

    public async Task StartAsync(CancellationToken ct)
    {
        await Processes.Ports.MustBeFreeAsync(layout.SmtpPort, "mail capture", ct);
        ISmtpServerOptions options = new SmtpServerOptionsBuilder()
            .ServerName("localhost")
            .Endpoint(endpoint => endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, layout.SmtpPort)))
            .Build();
        var provider = new SmtpServer.ComponentModel.ServiceProvider();
        provider.Add(new Store(layout.Mail));
        _server = new SmtpServer.SmtpServer(options, provider).StartAsync(_stop.Token);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _view = builder.Build();
        _view.Urls.Add($"http://127.0.0.1:{layout.MailViewPort}");
        _view.MapGet("/", () => Results.Content(Index(), "text/html; charset=utf-8"));
        _view.MapGet("/{number:int}", (int number) => Mailbox.Find(layout, number) is { } mail ? Results.Text(mail.Show()) : Results.NotFound());
        await _view.StartAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server;
        if (_view is not null)
            await _view.DisposeAsync();
        _stop.Dispose();
    }

    private string Index()
    {
        IEnumerable<string> rows = Mailbox.All(layout).Reverse().Select(mail =>
            $"<tr><td><a href=\"/{mail.Number}\">{mail.Number}</a><td>{WebUtility.HtmlEncode(mail.Recipient)}<td>{WebUtility.HtmlEncode(mail.Subject)}");
        return $"<!doctype html><title>Captured mail</title><h1>Captured mail</h1><table>{string.Concat(rows)}</table>";
    }

    private sealed class Store(string directory) : MessageStore
    {
        private int _last = Directory.GetFiles(directory, "*.eml").Select(Mailbox.NumberOf).DefaultIfEmpty(0).Max();

        public override async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            string file = Path.Combine(directory, $"{Interlocked.Increment(ref _last):D6}.eml");
            string unfinished = file + ".part";
            await File.WriteAllBytesAsync(unfinished, buffer.ToArray(), cancellationToken);
            File.Move(unfinished, file);
            return SmtpResponse.Ok;
        }
    }
}
