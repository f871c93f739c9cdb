using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Signing;
using Pechat.Contracts.Signing.V1;
using Pechat.Documents.Archive;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Documents.Tests;

/// <summary>Stands for Signing.</summary>
internal sealed class FakeSigning : ISignedDocuments
{
    internal ConcurrentDictionary<Guid, SignedFile> Files { get; } = new();
    internal bool IsDown { get; set; }
    internal int Reads { get; private set; }

    public Task<SignedFile> ReadAsync(Guid documentId, CancellationToken ct)
    {
        Reads++;
        return IsDown ? throw FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer; try again") : Task.FromResult(Files[documentId]);
    }

    internal Guid Add(Guid customer, string text, Action<SignedDocumentHeader>? change = null)
    {
        byte[] content = Encoding.UTF8.GetBytes(text);
        var header = new SignedDocumentHeader
        {
            Name = text + ".pdf",
            MediaType = "application/pdf",
            Length = content.Length,
            Sha256 = ByteString.CopyFrom(SHA256.HashData(content)),
            CustomerId = customer.ToString("D"),
        };
        change?.Invoke(header);
        Guid id = Guid.CreateVersion7();
        Files[id] = new SignedFile(header, content);
        return id;
    }
}

/// <summary>Documents as its own Program starts it, on a real database and broker; its own relay publishes the events it consumes.</summary>
internal sealed class ArchiveHouse : IAsyncDisposable
{
    private TestBroker _broker = null!;

    internal TestDatabase Database { get; private set; } = null!;
    internal TestCluster Cluster { get; private set; } = null!;
    internal TestService Service { get; private set; } = null!;
    internal FakeSigning Signing { get; } = new();
    internal Guid Alice { get; } = Guid.NewGuid();
    internal Guid Bob { get; } = Guid.NewGuid();

    internal static async Task<ArchiveHouse> StartAsync()
    {
        var house = new ArchiveHouse
        {
            Database = await TestDatabase.CreateAsync("documents", typeof(DocumentsOptions).Assembly),
            Cluster = await TestCluster.CreateAsync(),
            _broker = await TestBroker.CreateAsync(),
        };
        house.Cluster.SetPeer("signing", "https://127.0.0.1:1");
        house.Service = await house.Cluster.StartAsync(typeof(DocumentsOptions).Assembly, "documents",
            new Dictionary<string, object> { ["Database"] = house.Database.Section, ["Messaging"] = house._broker.Section },
            services => services.Replace(ServiceDescriptor.Singleton<ISignedDocuments>(house.Signing)));
        house.Cluster.Logs.ExpectError(103); // the framework's line about a health check that fails until the broker is there
        await house.Service.UntilReadyAsync();
        return house;
    }

    internal SignatureCreated Created(Guid customer, params Guid[] documents) =>
        new(Guid.NewGuid(), customer, Guid.NewGuid(), "app", Math.Max(1, documents.Length), documents, Cluster.Clock.GetUtcNow());

    internal async Task PublishAsync(SignatureCreated created, Guid? messageId = null) => await Database.DataSource.InTransactionAsync(async tx =>
    {
        await Outbox.AddAsync(tx, messageId ?? Guid.CreateVersion7(), created, Cluster.Clock.GetUtcNow(), default);
        return 0;
    }, default);

    internal async Task<T?> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using NpgsqlConnection connection = await Database.Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    internal async Task<bool> IsArchivedAsync(Guid document) => await ScalarAsync<long>("select count(*) from archived_document where id = @document", new { document }) == 1;

    internal Task UntilArchivedAsync(Guid document) => Eventually.HoldsAsync(() => IsArchivedAsync(document), "the file is archived");

    internal Task<IReadOnlyList<string>> FailedAsync() => _broker.PeekAsync("documents.archive-signed-files_error");

    internal HttpClient Http(Guid customer, string scope = "portal") => Cluster.Client(Service, accessToken: Cluster.Tokens.Issue(customer, scope));

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await _broker.DisposeAsync();
        await Database.DisposeAsync();
    }
}
